"""What a run may do, who is asked, and what it did."""
