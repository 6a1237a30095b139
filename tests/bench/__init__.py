"""The cost of a request, against peers and the floor: `make bench`. Run by hand, never timed in tests."""
