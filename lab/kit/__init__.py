"""What the lab's Python applications have in common: tables, the listener, and a browser's part in their tests."""
