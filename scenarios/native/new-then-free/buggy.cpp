/* SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>
#include <cstdlib>
#include <cstring>

struct point {
    double x, y;
};

int main() {
    auto *point = new struct point;
    point->x = 3, point->y = 4;
    std::printf("%.1f %.1f\n", point->x, point->y);
    std::free(point);
    return 0;
}
