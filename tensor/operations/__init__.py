"""What is not elementwise: the primitives, and the methods of tensors made of them."""
