# SPDX-License-Identifier: Apache-2.0
"""The class of a message type is asked for before anybody has made it, as message_factory.GetMessageClass does."""

from google.protobuf import descriptor_pb2, descriptor_pool

file = descriptor_pb2.FileDescriptorProto(name="greeting.proto", package="greeting")
file.message_type.add(name="Hello")
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file.SerializeToString())
try:
    print(pool.FindMessageTypeByName("greeting.Hello")._concrete_class)
except SystemError as error:
    print(error)
