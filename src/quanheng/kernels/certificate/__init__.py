"""What a certificate says, apart from how it is written down."""

from quanheng.kernels.certificate.content import Content, Kind, content_json, read_content

__all__ = ["Content", "Kind", "content_json", "read_content"]
