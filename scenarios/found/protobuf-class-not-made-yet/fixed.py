# SPDX-License-Identifier: Apache-2.0
"""The class is made first, and asked for then."""

from google.protobuf import descriptor_pb2, descriptor_pool, message
from google.protobuf.reflection import GeneratedProtocolMessageType

file = descriptor_pb2.FileDescriptorProto(name="greeting.proto", package="greeting")
file.message_type.add(name="Hello")
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file.SerializeToString())
descriptor = pool.FindMessageTypeByName("greeting.Hello")
hello = GeneratedProtocolMessageType("Hello", (message.Message,), {"DESCRIPTOR": descriptor, "__module__": "greeting"})
print(descriptor._concrete_class is hello)
