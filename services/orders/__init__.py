"""What happens to an order off the straight way: cancelled, held, redirected, split."""
