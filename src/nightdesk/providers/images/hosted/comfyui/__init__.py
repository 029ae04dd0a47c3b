"""ComfyUI: a workflow of the operator's with its slots filled. Our own id goes with each prompt, so it is found again."""
