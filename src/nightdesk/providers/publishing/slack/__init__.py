"""Slack: messages in a channel, by an incoming webhook. Servers that speak its language, as Mattermost, take them, too."""
