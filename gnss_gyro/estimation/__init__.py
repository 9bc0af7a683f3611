"""Single point, double differences, integer fixing, acceptance."""
