"""What a plan is: its data, its graph, the documents that it is read from, and the difference of two;
imports expressions."""
