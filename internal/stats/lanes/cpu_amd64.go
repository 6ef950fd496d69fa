package lanes

import "golang.org/x/sys/cpu"

// haveAVX2 tells whether the processor has what the assembly of this package needs.
var haveAVX2 = cpu.X86.HasAVX2
