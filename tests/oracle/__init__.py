"""Independent programs that tests compare Pegel with. They share no code with the product."""
