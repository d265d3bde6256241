"""enlace: routes threat information between verified Points of Contact over Matrix."""
