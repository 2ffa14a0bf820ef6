"""nn.Module definitions: what is trained here and converted once for serving."""
