// SPDX-License-Identifier: MIT
package org.reowolf;

/** The errors of the C interface, as Linux numbers them. */
final class Errno {
    static final int ENOENT = 2;
    static final int EBADF = 9;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int EINVAL = 22;
    static final int EPERM = 1;
    static final int EDEADLK = 35;
    static final int EPROTO = 71;
    static final int EMSGSIZE = 90;
    static final int EPROTONOSUPPORT = 93;
    static final int ETIMEDOUT = 110;

    private Errno() {}
}
