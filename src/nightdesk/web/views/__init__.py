"""The pages, one file a topic. Views parse, call one service and show; rules live in the services."""
