"""What studies train and compare with: networks, and laws whose densities are known."""
