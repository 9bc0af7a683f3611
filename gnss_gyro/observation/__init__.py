"""Messages to one screened, slip-checked, aligned epoch per antenna."""
