"""Random TorchScript modules, whose compiled form must do what TorchScript does."""
