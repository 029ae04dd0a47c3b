"""Discord: messages in a channel, by a webhook of the channel."""
