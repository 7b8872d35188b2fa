"""An alert as an e-mail: plain text and the same as HTML."""

import html
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from alerts.channels import templates
from alerts.channels.escaping import markup, plain
from alerts.channels.message import Message, Notice, Option
from alerts.describe import block
from alerts.words import LABEL_LINK

_HTML = """\
<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="font-family:sans-serif;line-height:1.5">
<h1 style="font-size:1.2em">{title}</h1>
<p>{text}</p>
<pre style="white-space:pre-wrap">{facts}</pre>
<p><a href="{link}">{label}</a></p>
</body></html>
"""


def mail_message(notice: Notice, option: Option) -> Message:
    """One message to all of the receiver's addresses; its revisions make one thread."""
    finding = notice.alert.finding
    title, text = plain(templates.title(notice, option)), templates.text(notice, option)
    facts = block(finding, notice.excerpts, run=notice.alert.run, link=notice.link)
    mail = EmailMessage(policy=SMTP)
    domain = Address(addr_spec=option.sender).domain
    mail["From"] = Address("canhbao", addr_spec=option.sender)
    mail["To"] = [Address(addr_spec=one) for one in option.to]
    mail["Subject"] = title
    mail["Message-ID"] = f"<{notice.id}@{domain}>"
    mail["References"] = f"<{notice.alert.run or 'live'}.{finding.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Canhbao-Severity"] = finding.severity.value
    mail.set_content("\n".join([text, "", *facts, ""]), cte="base64")
    made = _HTML.format(
        title=markup(title),
        text="<br>".join(markup(line) for line in text.splitlines()),
        facts=html.escape("\n".join(facts)),  # cleaned line by line already; the spaces between are the columns
        link=markup(notice.link),
        label=markup(LABEL_LINK),
    )
    mail.add_alternative(made, subtype="html", cte="base64")
    mail.set_boundary(f"=_{notice.id}")  # otherwise a random one: the same notice is the same message
    return Message("message/rfc822", mail.as_bytes())
