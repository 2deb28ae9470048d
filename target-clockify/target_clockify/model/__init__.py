"""What can be written: kinds of values, declarations of objects and of procedures. Facts only."""
