"""What a packer does at the bench: scans into parcels, weighs them, and gets label and slip."""
