"""Does a call rest on something, and does an answer hold?"""
