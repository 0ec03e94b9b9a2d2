"""What people do in Afosto without the connector: by command or by themselves."""
