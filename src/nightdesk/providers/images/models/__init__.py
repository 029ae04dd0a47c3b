"""Operations by models whose files the operator puts into a folder. Nothing here ever downloads one."""
