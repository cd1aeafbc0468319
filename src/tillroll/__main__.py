"""`python -m tillroll` is the command line, too."""

from tillroll.cli import main

if __name__ == "__main__":
    main()
