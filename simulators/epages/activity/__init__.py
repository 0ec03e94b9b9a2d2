"""What merchant and customers do in a shop without the connector: by command or by themselves."""
