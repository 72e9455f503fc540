"""What stored results tell: how good a job was, where it failed and why, what it cost."""
