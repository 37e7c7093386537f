"""What an order costs its customer, what shipping costs, what comes back."""
