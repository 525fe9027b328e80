# Carries frames between a tap device and two pipes: standard input to the device, the device to standard output. Each frame
# stands behind its length, 32 bits little-endian. Node cannot make the device: that takes an ioctl. perl is on every Debian.
#
#     perl tap_pump.pl DEVICE NAMESPACE      in the network namespace that the device belongs to; prints "ready" to standard error
#
# A length with its highest bit set is no length: its other bits are a process group that is to end with us; 0: none.
#
# When standard input ends, whoever started it is gone, however that came about: the namespace goes, and the device with us.
use strict;
use warnings;
use Fcntl;

my ($device, $namespace) = @ARGV;
my ($FRAME_MAX, $BATCH) = (65600, 262144);
my ($IFF_TAP, $IFF_NO_PI) = (2, 0x1000);

# _IOW('T', 202, int): the direction bits lie elsewhere on some machines.
my $machine = qx(uname -m);
my $TUNSETIFF = $machine =~ /^(mips|ppc|powerpc|sparc|alpha)/ ? 0x800454ca : 0x400454ca;

sysopen(my $tap, '/dev/net/tun', O_RDWR | O_NONBLOCK) or die "/dev/net/tun: $!\n";
ioctl($tap, $TUNSETIFF, pack('a16 S x22', $device, $IFF_TAP | $IFF_NO_PI)) or die "a tap device cannot be made: $!\n";
binmode $_ for \*STDIN, \*STDOUT;
$SIG{PIPE} = 'IGNORE';
$SIG{$_} = 'IGNORE' for qw(INT HUP);
syswrite(STDERR, "ready\n");

my $group = 0;
sub leave {
    kill 'TERM', -$group if $group;
    close $tap;
    system("ip netns del $namespace 2>/dev/null");
    exit 0;
}
$SIG{TERM} = \&leave;

# From the device: as many frames as are there, up to a batch.
sub take {
    my $out = '';
    while ((my $at = length $out) < $BATCH) {
        my $len = sysread($tap, $out, $FRAME_MAX, $at + 4);
        if (!$len) {
            substr($out, $at) = '';
            last;
        }
        substr($out, $at, 4) = pack('V', $len);
    }
    for (my $at = 0; $at < length $out;) {
        my $done = syswrite(STDOUT, $out, length($out) - $at, $at);
        leave() unless defined $done;
        $at += $done;
    }
}

# To the device: whole frames; the rest waits for more.
my $in = '';
sub give {
    my $read = sysread(STDIN, $in, $BATCH, length $in);
    leave() unless $read;
    my ($at, $end) = (0, length $in);
    while ($end - $at >= 4) {
        my $len = unpack('V', substr($in, $at, 4));
        if ($len & 0x80000000) {
            $group = $len & 0x7fffffff;
            $at += 4;
            next;
        }
        last if $end - $at - 4 < $len;
        syswrite($tap, $in, $len, $at + 4);
        $at += 4 + $len;
    }
    substr($in, 0, $at) = '';
}

my ($watched, $ready) = ('', '');
vec($watched, fileno(STDIN), 1) = 1;
vec($watched, fileno($tap), 1) = 1;
for (;;) {
    next if select($ready = $watched, undef, undef, undef) < 0;
    take() if vec($ready, fileno($tap), 1);
    give() if vec($ready, fileno(STDIN), 1);
}
