// SPDX-License-Identifier: MIT
/* Terminal settings: Linux's layout and numbers (ioctl_tty(2)). */
#pragma once

#include <stdint.h>

#define KNCCS 19
struct ktermios {
	uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
	uint8_t c_line;
	uint8_t c_cc[KNCCS];
};

struct kwinsize {
	uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};

#define T_VINTR	   0
#define T_VQUIT	   1
#define T_VERASE   2
#define T_VKILL	   3
#define T_VEOF	   4
#define T_VTIME	   5
#define T_VMIN	   6
#define T_VSUSP	   10
#define T_VEOL	   11
#define T_VREPRINT 12
#define T_VWERASE  14
#define T_VLNEXT   15
#define T_VEOL2	   16

#define T_ISTRIP 0000040
#define T_INLCR	 0000100
#define T_IGNCR	 0000200
#define T_ICRNL	 0000400
#define T_IUTF8	 0040000

#define T_OPOST 0000001
#define T_ONLCR 0000004
#define T_OCRNL 0000010
#define T_ONLRET 0000040

#define T_B38400 0000017
#define T_CS8	 0000060
#define T_CREAD	 0000200

#define T_ISIG	  0000001
#define T_ICANON  0000002
#define T_ECHO	  0000010
#define T_ECHOE	  0000020
#define T_ECHOK	  0000040
#define T_ECHONL  0000100
#define T_NOFLSH  0000200
#define T_ECHOCTL 0001000
#define T_ECHOKE  0004000
#define T_IEXTEN  0100000

#define TCGETS	   0x5401
#define TCSETS	   0x5402
#define TCSETSW	   0x5403
#define TCSETSF	   0x5404
#define TCSBRK	   0x5409
#define TCXONC	   0x540a
#define TCFLSH	   0x540b
#define TIOCSCTTY  0x540e
#define TIOCGPGRP  0x540f
#define TIOCSPGRP  0x5410
#define TIOCOUTQ   0x5411
#define TIOCGWINSZ 0x5413
#define TIOCSWINSZ 0x5414
#define FIONREAD   0x541b
#define TIOCNOTTY  0x5422
#define TCSBRKP	   0x5425
#define TIOCGSID   0x5429
