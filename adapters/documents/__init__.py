"""What people read: mails, reports, labels, charts."""
