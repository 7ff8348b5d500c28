"""Networks from elsewhere: a file, a folder, a Hub id or a published name becomes a checkpoint and a verdict on it."""
