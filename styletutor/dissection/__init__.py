"""One value of a feature map taken apart: patch, kernel, products, bias, ReLU; shown with its numbers.

A convolution's value is ReLU(Σ patch · kernel + bias) (Simonyan and Zisserman 2015, section 2.1; Goodfellow,
Bengio and Courville 2016, "Deep Learning", eq. 9.7), a pooling's the largest or the mean of 2 × 2 values.
"""

from .values import ConvolutionValue, PoolingValue, dissect

__all__ = ["ConvolutionValue", "PoolingValue", "dissect"]
