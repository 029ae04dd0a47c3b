"""What the Studio's pages show: the library, tools with who does them, runs with what came out, where a picture is from."""
