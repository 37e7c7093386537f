"""Carriers: who takes parcels to the customer."""
