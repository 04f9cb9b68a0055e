/* SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>

struct shape {
    ~shape() { corners = -1; }
    int corners = 0;
};

struct square : shape {
    double side = 2;
    double corner[4][2] = {};
};

int main() {
    shape *shape = new square;
    std::printf("%d corners\n", shape->corners);
    delete shape;
    return 0;
}
