"""What a receiver of each kind is sent: pure forms from an alert to the bytes of one message."""
