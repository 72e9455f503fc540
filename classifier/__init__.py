"""What it means to classify products; knows no screen."""
