"""Attribution that needs all paths of some days at once."""
