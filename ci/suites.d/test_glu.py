# SPDX-License-Identifier: Apache-2.0
"""PyOpenGL without a display: what GLU computes by itself, callbacks too, and what the wrapper does before a context."""

import math

from OpenGL import GL, GLU, arrays


def test_projection() -> None:
    model = projection = [[float(row == column) for column in range(4)] for row in range(4)]
    window = GLU.gluProject(0.5, 0.5, 0.0, model, projection, [0, 0, 100, 100])
    assert math.isclose(window[0], 75.0)
    back = GLU.gluUnProject(*window, model, projection, [0, 0, 100, 100])
    assert math.isclose(back[0], 0.5)


def test_tessellation() -> None:
    vertices: list[object] = []
    tessellator = GLU.gluNewTess()
    GLU.gluTessCallback(tessellator, GLU.GLU_TESS_BEGIN, lambda kind: vertices.append(("begin", kind)))
    GLU.gluTessCallback(tessellator, GLU.GLU_TESS_VERTEX, vertices.append)
    GLU.gluTessCallback(tessellator, GLU.GLU_TESS_END, lambda: vertices.append("end"))
    GLU.gluTessProperty(tessellator, GLU.GLU_TESS_WINDING_RULE, GLU.GLU_TESS_WINDING_ODD)
    GLU.gluTessBeginPolygon(tessellator, None)
    GLU.gluTessBeginContour(tessellator)
    for x, y in ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)):
        GLU.gluTessVertex(tessellator, [x, y, 0.0], (x, y))
    GLU.gluTessEndContour(tessellator)
    GLU.gluTessEndPolygon(tessellator)
    GLU.gluDeleteTess(tessellator)
    assert vertices[0][0] == "begin"
    assert vertices[-1] == "end"


def test_objects() -> None:
    for make, destroy in ((GLU.gluNewQuadric, GLU.gluDeleteQuadric), (GLU.gluNewNurbsRenderer, GLU.gluDeleteNurbsRenderer)):
        destroy(make())
    assert GLU.gluErrorString(GL.GL_INVALID_ENUM)


def test_arrays() -> None:
    handler = arrays.GLfloatArray
    made = handler.zeros((4, 4))
    assert handler.arrayByteCount(made) == 64
    assert handler.dataPointer(made)


def test_no_context() -> None:
    assert GL.glGetString(GL.GL_VERSION) is None
