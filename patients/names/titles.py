"""Words that stand in cells for names and are no name to greet by: titles, notes, and what goes around names.

All in small letters, without dots. Whoever finds another adds it here.
"""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _set(
    """
    mr mrs ms miss mx mstr mst mast master mister missus mis misses messrs mre mz ind
    dr drs doctor doc prof professor rev revd reverend hon honourable rt esq esquire
    sir lady lord dame baroness viscount viscountess countess duchess marquess hrh
    sister sr srs bro brother fr father mother pastor vicar rabbi archdeacon archbishop cllr councillor
    capt captain cpt colonel lieut lieutenant lt sgt sergeant sjt cpl corporal pte private gnr
    brig brigadier cdr cmdr commander cmdt adm admiral cmd wo sqn ldr flt wg squadron leader officer commodore
    madam madame mme mlle mademoiselle monsieur mons herr frau senor senora senorita srta sra signor signora sig sigra
    shri sri smt shrimati hajji haji mevr mevrouw dhr
    """
)
"""Words before or after a name that are never a name by themselves."""

BEFORE_TITLES = _set("wing flying pilot air group staff lance warrant petty rear vice very right the acting")
"""Words that begin a title of several, such as Wing Commander; by themselves they may be names."""

USUAL_TITLES = frozenset(("", "Mr", "Mrs", "Miss", "Ms", "Mx", "Dr", "Master", "Mstr", "Prof", "Rev"))
"""A title spelled like this needs no second look."""

TITLES_AND_NAMES = _set(
    """
    major maj prince princess earl duke baron count king queen judge bishop canon dean deacon general gen marshal
    sheikh sheik shaikh imam col don
    """
)
"""Titles that people also have as given names: names where another title stands in a cell of its own."""

AFTER_NAMES = _set(
    """
    jr jnr junior snr senior ii iii esq esquire mbe obe cbe kbe dbe phd md bsc msc mbbs mbchb frcs frcp mrcp mrcgp rn
    rgn jp qc kc bem qpm dphil
    """
)
"""What follows a family name and is no part of it."""

PARTICLES = _set(
    """
    de da di do dos das del della der den dela du la le les lo van von vom zu zum zur ter ten af av al el bin bint ibn
    ap ab ferch st ste san santa mac mc o y e
    """
)
"""Small words that begin family names."""

NOT_NAMES = _set(
    """
    unknown unk unnamed unborn untitled anon anonymous nobody someone noname none nil null nan na nk tbc tba tbd xx xxx
    blank empty missing name named firstname forename surname lastname given initial initials title
    patient pt person resident client user test testing tester dummy sample example demo training fake
    baby bby bab babe infant newborn neonate child boy girl male female twin triplet foetus fetus
    of and or the not no do dont use see note notes record phone ring call text contact speak ask via please only
    mum mother dad father son daughter wife husband parent guardian carer partner sibling neighbour
    known aka alias formerly previously now nee confidential restricted withheld private sensitive refused declined
    interpreter deaf blind urgent alert warning caution error
    """
)
"""Words of notes and forms. A cell with one of them among its words is no name that a text should repeat."""
