"""Who asks: tokens of the registry's own, tokens of an OpenID Connect issuer, sessions of browsers.

Turns a credential into a :class:`registry.permission.principal.Principal`; what that principal may do is decided in
:mod:`registry.permission`. Knows no web framework.
"""
