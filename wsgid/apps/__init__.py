"""What wsgid serves: how an application is found and loaded."""
