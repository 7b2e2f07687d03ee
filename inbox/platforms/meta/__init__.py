"""What Meta's networks have in common: how it signs, asks, answers, limits and delivers.

No platform by itself: each of Meta's networks is a folder beside this one and builds on it. Nothing here names one;
a sentence for people takes the network's title from `Graph.title` or a parameter.
"""
