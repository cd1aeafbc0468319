"""What all pages for people share: who visits, the forms that they send, the stylesheet, and what is vendored."""
