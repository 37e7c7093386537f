"""What templates, labels and charts are made from: plain values, nothing looked up."""
