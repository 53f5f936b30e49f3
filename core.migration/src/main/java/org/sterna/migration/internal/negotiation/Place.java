package org.sterna.migration.internal.negotiation;

/** Where a reader is, in the words of its reasons. */
public enum Place {
    /** In another process, or it will be when a file is restored. */
    DESTINATION("the destination", " at the destination", "install ", " at the destination"),
    /** In the process of the machine: another version of a device. */
    HERE("the new version", "", "swap it for ", "");

    private final String who;
    private final String where;
    private final String remedy;
    private final String remedyWhere;

    Place(String who, String where, String remedy, String remedyWhere) {
        this.who = who;
        this.where = where;
        this.remedy = remedy;
        this.remedyWhere = remedyWhere;
    }

    /** Who would do something, such as forget a field. */
    String who() {
        return who;
    }

    /** Where something is, with a space before it; empty if that goes without saying. */
    String where() {
        return where;
    }

    /** What to do to have another version there. */
    public String have(String version) {
        return remedy + version + remedyWhere;
    }
}
