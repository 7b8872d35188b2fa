"""Administrative documents in the form of Decree 30/2020/NĐ-CP: a model, a writer, a checker. Pure."""
