"""Attribution: which interactions earn which part of a sale, and what it would have been without them."""
